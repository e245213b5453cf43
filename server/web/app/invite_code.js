// The code of a raid, out of whatever somebody pasted.

const LINK = /\/r\/([^/?#\s]+)/;

/** "abcd-2345", "https://…/r/ABCD2345?x", " ABCD 2345 " alike; "" when there is none. */
export function codeFrom(text) {
  const found = LINK.exec(text)?.[1] ?? text;
  return plain(found).toUpperCase();
}

/** A code as it is read aloud: in fours. */
export function spelled(code) {
  return code.match(/.{1,4}/gu)?.join(" ") ?? "";
}

function plain(text) {
  return text.replace(/[\s-]+/g, "");
}
