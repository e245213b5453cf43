// Numbers for the eye: short where they are long, and never more than they are.

const plain = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2, roundingMode: "trunc" });
const LONGEST_PLAIN = 999_999;

/** "12,345"; from a million on "1.23M": cut, not rounded, so that nothing looks reached before it is. */
export function figure(number) {
  return number > LONGEST_PLAIN ? short.format(number) : plain.format(number);
}
