// Draws the pictures of a page with Observable Plot. Without it the tables under the pictures stand open.
// The data is one JSON value: figures, each with a kind, options, columns {name, kind} and rows. See credit_limit.chart_html.
(() => {
  const figures = JSON.parse(document.getElementById('figures').textContent);
  const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#8c8c8c', '#b8a800'];
  const up = colours[0], down = colours[5];

  const words = (name) => name.replaceAll('_', ' ');
  const number = (percent) => (v) => v == null ? '' : percent ? d3.format(Math.abs(v) < 0.1 ? '.2~%' : '.1~%')(v)
    : Math.abs(v) >= 1e4 ? d3.format('.3~s')(v).replace('G', 'B') : d3.format(',.4~r')(v);

  const cell = (kind, v) => v === null ? null : kind === 'date' ? new Date(v) : kind === 'number' && typeof v !== 'number' ? NaN
    : v;

  // Rows of label, series and value: a second column that is no number is the series, else each column of numbers is one.
  const tidy = ({ columns, rows }) => {
    const read = rows.map((row) => row.map((v, i) => cell(columns[i].kind, v)));
    if (columns[1].kind !== 'number')
      return read.map(([label, series, value]) => ({ label, series: series === null ? '' : String(series), value }));
    return read.flatMap(([label, ...values]) => values.map((value, i) => ({ label, series: words(columns[i + 1].name), value })));
  };

  const distinct = (values) => [...new Set(values)];
  const text = (v) => v === null ? '(none)' : v instanceof Date ? d3.utcFormat('%Y-%m-%d')(v) : String(v);

  const pen = document.createElement('canvas').getContext('2d');
  const widest = (labels) => {
    pen.font = '12px system-ui, sans-serif';
    return Math.max(0, ...labels.map((label) => pen.measureText(label).width));
  };
  // Room for the labels at the left; where it is more than a part of the picture, they are broken into lines.
  const left = (labels, width) => {
    const room = Math.min(Math.ceil(widest(labels)) + 14, Math.floor(width * 0.38));
    const deepest = Math.max(1, ...labels.map((label) => Math.ceil(widest([label]) * 1.15 / (room - 14))));
    return { room, lines: (room - 14) / 12, row: deepest * 13 + 12 };
  };

  const numbers = (figure, values) => {
    const format = number(figure.options.percent);
    return { format, right: Math.ceil(widest(values.map(format))) + 12 };
  };

  // As many ticks as fit, and between counts none.
  const ticks = (values, width) => {
    const fit = Math.max(2, Math.floor(width / 110));
    return values.every(Number.isInteger) ? Math.max(1, Math.min(fit, d3.max(values, Math.abs))) : fit;
  };

  const axis = (figure, label) => ({ label, labelAnchor: 'right', labelArrow: 'none', grid: true, nice: true,
    tickFormat: number(figure.options.percent) });

  const legend = (series) => ({ domain: series, range: series.map((_, i) => colours[i % colours.length]), legend: series.length > 1 });

  const bar = (figure, width) => {
    const data = tidy(figure).map((d) => ({ ...d, label: text(d.label) }));
    const labels = distinct(data.map((d) => d.label)), series = distinct(data.map((d) => d.series));
    const { room, lines, row } = left(labels, width), { format, right } = numbers(figure, data.map((d) => d.value));
    const many = series.length > 1;
    const place = many ? { fy: 'label', y: 'series' } : { y: 'label' };
    return Plot.plot({
      width, marginLeft: room, marginRight: right, marginBottom: 40, height: labels.length * Math.max(row, many ? series.length * 18 + 10 : 28) + 60,
      x: { ...axis(figure, many ? null : series[0]), insetLeft: data.some((d) => d.value < 0) ? right : 0,
        ticks: ticks(data.map((d) => d.value), width) },
      y: { domain: many ? series : labels, axis: null, label: null }, fy: { domain: labels, label: null, axis: null },
      color: legend(series),
      marks: [
        many ? Plot.axisFy({ anchor: 'left', lineWidth: lines, label: null, textAnchor: 'end', frameAnchor: 'left', dx: -6, dy: 0 })
          : Plot.axisY({ lineWidth: lines, label: null, tickSize: 0 }),
        Plot.barX(data, { ...place, x: 'value', fill: 'series' }),
        Plot.text(data, { ...place, x: 'value', text: (d) => format(d.value), textAnchor: 'start', dx: 4, filter: (d) => d.value >= 0 }),
        Plot.text(data, { ...place, x: 'value', text: (d) => format(d.value), textAnchor: 'end', dx: -4, filter: (d) => d.value < 0 }),
        Plot.ruleX([0])]
    });
  };

  const stacked = (figure, width) => {
    const data = tidy(figure).map((d) => ({ ...d, label: text(d.label) }));
    const labels = distinct(data.map((d) => d.label)), series = distinct(data.map((d) => d.series));
    const { room, lines, row } = left(labels, width), { format } = numbers(figure, []);
    return Plot.plot({
      width, marginLeft: room, marginRight: 24, marginBottom: 40, height: labels.length * Math.max(row, 32) + 60,
      x: { ...axis(figure, null), ticks: ticks(d3.rollups(data, (v) => d3.sum(v, (d) => d.value), (d) => d.label).map((v) => v[1]), width) },
      y: { domain: labels, label: null }, color: legend(series),
      marks: [Plot.axisY({ lineWidth: lines, label: null, tickSize: 0 }),
        Plot.barX(data, { y: 'label', x: 'value', fill: 'series', order: series, title: (d) => `${d.label}, ${d.series}: ${format(d.value)}`,
          tip: true }), Plot.ruleX([0])]
    });
  };

  // Each bar begins where the one before ended; the last is the whole.
  const waterfall = (figure, width) => {
    let sum = 0;
    const data = tidy(figure).map((d) => ({ label: text(d.label), value: d.value, from: sum, to: sum += d.value,
      fill: d.value < 0 ? down : up }));
    data.push({ label: figure.options.total ?? 'total', value: sum, from: 0, to: sum, fill: colours[6] });
    const labels = data.map((d) => d.label), { room, lines, row } = left(labels, width);
    const { format, right } = numbers(figure, data.map((d) => d.value));
    return Plot.plot({
      width, marginLeft: room, marginRight: right, marginBottom: 40, height: labels.length * Math.max(row, 28) + 60,
      x: { ...axis(figure, words(figure.columns[1].name)), ticks: Math.max(2, Math.floor(width / 110)) }, y: { domain: labels, label: null },
      marks: [Plot.axisY({ lineWidth: lines, label: null, tickSize: 0 }),
        Plot.barX(data, { y: 'label', x1: 'from', x2: 'to', fill: 'fill' }),
        Plot.text(data, { y: 'label', x: (d) => Math.max(d.from, d.to), text: (d) => format(d.value), textAnchor: 'start', dx: 4 }),
        Plot.ruleX([0])]
    });
  };

  // A line with a slope goes from the first to the last number along the foot. Its label is below its middle, where gains are not.
  const sloping = (figure, slope, intercept, label) => {
    const [x1, x2] = d3.extent(figure.rows, (row) => row[0]), at = (x) => intercept + slope * x, middle = (x1 + x2) / 2;
    return [Plot.link([0], { x1: [x1], y1: [at(x1)], x2: [x2], y2: [at(x2)], stroke: down, strokeDasharray: '4 3' }),
      Plot.text([label ?? ''], { x: [middle], y: [at(middle)], text: [label ?? ''], textAnchor: 'start', lineAnchor: 'top', dx: 6, dy: 6, fill: 'currentColor' })];
  };

  const marked = (figure, kind) => (figure.options.marks ?? []).flatMap(({ x, y, slope, intercept = 0, label }) => slope !== undefined
    ? sloping(figure, slope, intercept, label) : x === undefined
    ? [Plot.ruleY([y], { stroke: down, strokeDasharray: '4 3' }),
      Plot.text([y], { y: (v) => v, text: [label ?? ''], frameAnchor: 'right', dy: -7, fill: 'currentColor' })]
    : [Plot.ruleX([cell(kind, x)], { stroke: down, strokeDasharray: '4 3' }),
      Plot.text([cell(kind, x)], { x: (v) => v, text: [label ?? ''], frameAnchor: 'top', lineAnchor: 'bottom', dy: -4, fill: 'currentColor' })]);

  // What lines, bands and dots have in common: values upwards, and along the foot numbers, days or labels.
  const along = (figure, data, width) => {
    const kind = figure.columns[0].kind, format = number(figure.options.percent);
    const shown = data.flatMap((d) => [d.value, d.low, d.high]).filter(Number.isFinite);
    const values = shown.length ? d3.ticks(...d3.extent([...shown, ...(figure.options.percent ? [0] : [])]), 5) : [0];
    const labels = kind === 'number' || kind === 'date' ? [] : distinct(data.map((d) => text(d.label)));
    const marginLeft = Math.ceil(widest(values.map(format))) + 22, marginRight = 40;
    const turned = widest(labels) + 8 > (width - marginLeft - marginRight) / labels.length;
    const foot = turned ? Math.ceil(widest(labels) * 0.87) : 0;
    const across = labels.length ? { type: 'point', domain: distinct(data.map((d) => d.label)), tickFormat: text, tickRotate: turned ? -60 : 0 }
      : { ticks: Math.max(2, Math.floor(width / 110)), ...(kind === 'number' ? { tickFormat: number(false) } : {}) };
    return {
      width, height: 320 + foot, marginLeft, marginRight, marginTop: 34, marginBottom: 44 + foot,
      x: { label: kind === 'number' ? words(figure.columns[0].name) : null, labelArrow: 'none', labelAnchor: 'center', labelOffset: 36,
        ...across },
      y: { label: null, grid: true, nice: true, tickFormat: format }
    };
  };

  const line = (figure, width) => {
    const data = tidy(figure), series = distinct(data.map((d) => d.series)), format = number(figure.options.percent);
    return Plot.plot({ ...along(figure, data, width), color: legend(series),
      marks: [Plot.ruleY([0], { strokeOpacity: 0.3, filter: () => d3.min(data, (d) => d.value) <= 0 }),
        Plot.lineY(data, { x: 'label', y: 'value', z: 'series', stroke: 'series', strokeWidth: 2, marker: data.length <= 150 ? 'dot' : undefined,
          title: (d) => `${series.length > 1 ? d.series + ', ' : ''}${text(d.label)}: ${format(d.value)}`, tip: true }),
        ...marked(figure, figure.columns[0].kind)] });
  };

  // A value with its interval: columns label, value, low, high.
  const band = (figure, width) => {
    const data = figure.rows.map((row) => row.map((v, i) => cell(figure.columns[i].kind, v)))
      .map(([label, value, low, high]) => ({ label, value, low, high, series: '' }));
    const format = number(figure.options.percent), said = (d) => `${text(d.label)}: ${format(d.value)} (${format(d.low)} to ${format(d.high)})`;
    const ordered = figure.columns[0].kind !== 'text';
    return Plot.plot({ ...along(figure, data, width),
      marks: [...(ordered ? [Plot.areaY(data, { x: 'label', y1: 'low', y2: 'high', fill: up, fillOpacity: 0.2 }),
        Plot.lineY(data, { x: 'label', y: 'value', stroke: up, strokeWidth: 2 })]
        : [Plot.ruleX(data, { x: 'label', y1: 'low', y2: 'high', stroke: up, strokeWidth: 2 })]),
        Plot.dot(data, { x: 'label', y: 'value', fill: up, title: said, tip: true }), ...marked(figure, figure.columns[0].kind)] });
  };

  const dot = (figure, width) => {
    const data = figure.rows.map((row) => row.map((v, i) => cell(figure.columns[i].kind, v)))
      .map(([label, value, name]) => ({ label, value, name, series: '' }));
    // A name stands on the side where there is room.
    const half = d3.sum(d3.extent(data, (d) => +d.label)) / 2;
    const names = (anchor, dx, filter) => Plot.text(data, { x: 'label', y: 'value', text: (d) => d.name ?? '', textAnchor: anchor, dx, dy: 12, filter });
    return Plot.plot({ ...along(figure, data, width),
      marks: [...(figure.options.joined ? [Plot.lineY(data, { x: 'label', y: 'value', stroke: up, strokeWidth: 2 })] : []),
        Plot.dot(data, { x: 'label', y: 'value', z: null, fill: (d) => d.name ? down : up, r: (d) => d.name ? 6 : 3, title: (d) => d.name ?? number(figure.options.percent)(d.value), tip: true }),
        names('start', 8, (d) => d.label <= half), names('end', -8, (d) => d.label > half), ...marked(figure, figure.columns[0].kind)] });
  };

  // A shade for each pair: columns row, column, value.
  const heat = (figure, width) => {
    const data = figure.rows.map(([row, column, value]) => ({ row: text(row), column: text(column), value: cell('number', value) }));
    const rows = distinct(data.map((d) => d.row)), columns = distinct(data.map((d) => d.column));
    const { room, lines } = left(rows, width), format = number(figure.options.percent);
    const most = d3.max(data, (d) => d.value) || 1, column = (width - room - 12) / columns.length;
    return Plot.plot({
      width, marginLeft: room, marginRight: 12, marginTop: 40, marginBottom: 8, height: rows.length * 36 + 48,
      x: { domain: columns, label: null, axis: null }, y: { domain: rows, label: null },
      color: { type: 'linear', domain: [0, most], range: ['#eaf2fa', '#08519c'] },
      marks: [Plot.axisX({ anchor: 'top', label: null, tickSize: 0, lineWidth: column / 12 }),
        Plot.axisY({ lineWidth: lines, label: null, tickSize: 0 }),
        Plot.cell(data.filter((d) => d.value !== null), { x: 'column', y: 'row', fill: 'value', inset: 1, title: (d) => `${d.row} to ${d.column}: ${format(d.value)}` }),
        Plot.text(data, { x: 'column', y: 'row', text: (d) => format(d.value), fill: (d) => d.value > most * 0.5 ? '#fff' : '#14171b',
          fontSize: column < 52 ? 10 : 12 })]
    });
  };

  const kinds = { bar, stacked, waterfall, line, band, dot, heat };

  const draw = () => {
    for (const figure of figures) {
      const place = document.getElementById(figure.id).querySelector('.picture');
      if (!place || !figure.rows.length) continue;
      place.replaceChildren(kinds[figure.kind](figure, Math.max(280, place.clientWidth)));
    }
  };
  for (const table of document.querySelectorAll('details.table')) table.open = false;
  draw();
  let width = window.innerWidth, waiting;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  });
})();
