-- The reasons of demo/expert_card.json and of the policy as a borrower reads them.
INSERT INTO lending.reason_text (reason, language, text)
SELECT r.reason, l.language, CASE l.language WHEN 'en' THEN r.reason || '.' ELSE r.zh END
FROM (VALUES
  ('A payment was late by less than a month', '有一笔还款逾期不足一个月'), ('A payment was late by more than a month', '有一笔还款逾期超过一个月'),
  ('A payment was late by two months or more', '有一笔还款逾期两个月或以上'), ('Activity is not known', '用款活跃度未知'),
  ('Applications for credit are not known', '信贷申请记录未知'), ('Applications for credit in the last 6 months', '近六个月有信贷申请'),
  ('Debt service in relation to income is not known', '偿债与收入之比未知'), ('Debt service is high for the income', '偿债支出相对收入偏高'),
  ('Debt service takes most of the income', '偿债支出占去大部分收入'), ('Employment is less stable than a permanent one', '职业稳定性低于长期雇佣'),
  ('Employment is not known', '职业状况未知'), ('Employment is of another kind', '职业状况属于其他类型'),
  ('Hardly any of the balance is paid', '账单余额几乎未偿还'), ('High use of the line', '额度使用率较高'), ('Housing is not known', '住房状况未知'),
  ('Housing is of another kind', '住房状况属于其他类型'), ('Income is low for a credit line', '收入相对授信偏低'), ('Income is not documented', '收入缺少证明'),
  ('Many applications for credit in the last 6 months', '近六个月信贷申请过多'), ('Monthly debt service is high', '每月偿债支出较高'),
  ('Monthly debt service is not known', '每月偿债支出未知'), ('Much of the line is drawn in cash', '额度较多用于取现'), ('Never delinquent', '从无逾期'),
  ('No balance to pay in the last 3 months', '近三个月无应还余额'), ('No employment', '目前无职业'), ('No property of one''s own', '无自有房产'),
  ('No recent use of a line', '近期未使用额度'), ('No record of payments in the last 12 months', '近十二个月无还款记录'),
  ('Payments are small against the balance', '还款额相对余额较少'), ('Payments were late in the last 12 months', '近十二个月有逾期还款'),
  ('Savings are not known', '储蓄状况未知'), ('Savings are small', '储蓄较少'), ('Short time in the job', '现职工作时间较短'),
  ('Some of the line is drawn in cash', '部分额度用于取现'), ('The balance is not paid in full', '余额未全额偿还'), ('The credit history is short', '信用历史较短'),
  ('The home carries a mortgage', '房产有按揭'), ('The line is almost fully used', '额度几乎用尽'), ('The line is fully used', '额度已用尽'),
  ('The line is hardly used', '额度使用很少'), ('The line was not used for a year', '额度一年未使用'), ('The line was not used for months', '额度数月未使用'),
  ('There is no credit history', '无信用历史'), ('There was a delinquency more than two years ago', '两年多以前有过逾期'),
  ('Time in the job is not known', '现职工作时间未知'), ('Time since the last delinquency is short', '距上次逾期时间较短'),
  ('Use of cash advances is not known', '取现情况未知'), ('Use of the line is above a third', '额度使用率超过三分之一'),
  ('Probability of default', '根据风险评估暂不能给予更高的额度'), ('Payments would exceed what income allows', '还款将超出收入可承受的范围'),
  ('The borrower is not expected to use more', '您的预期用款无需更高的额度'), ('Highest limit of the cash line', '已达到该产品的最高额度'),
  ('Limits move in steps', '额度分步调整'), ('Suspicion of fraud', '存在欺诈嫌疑'), ('Excluded', '暂不调整额度'),
  ('90 days or more past due', '逾期九十天或以上'), ('Past due', '您有逾期未还款项')) r(reason, zh), (VALUES ('en'), ('zh')) l(language)
ON CONFLICT DO NOTHING;
