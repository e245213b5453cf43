-- A board of many people takes longer to store than an ordinary statement, within this transaction.
SET LOCAL statement_timeout = '300s'
