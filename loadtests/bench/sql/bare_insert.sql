-- Params: $1 … $10 one array per column of `bare`, in their order
INSERT INTO bare
SELECT * FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::uuid[], $5::bigint[], $6::integer[], $7::text[], $8::date[],
    $9::timestamptz[], $10::timestamptz[])
