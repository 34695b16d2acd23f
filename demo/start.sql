-- What every step of the story uses.
CREATE EXTENSION credit_limit;
-- The tables of the demo go to public; credit_limit comes first for the functions.
SET search_path = public, credit_limit;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 2;
\pset footer off
\pset null ''
\pset linestyle ascii
\pset border 1
CREATE TABLE step (name text, started timestamptz);
\set step 'make the book'
\ir step.sql
