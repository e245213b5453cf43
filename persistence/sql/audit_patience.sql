-- Comparing a page of large raids may take longer than an ordinary statement, within this transaction.
SET LOCAL statement_timeout = '60s'
