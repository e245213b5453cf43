// Sensible amounts of XP for the quick buttons.

const USUAL_UNIT = 10;
const CONTRIBUTIONS_PER_RAID = 200;
const STEPS = [1, 2, 5];

/** Up to three amounts, smallest first: a few hundred of them make the target, none is above the cap. */
export function amounts(targetXp, cap) {
  const wished = targetXp > 0 ? targetXp / CONTRIBUTIONS_PER_RAID : USUAL_UNIT;
  const unit = round(Math.max(1, Math.min(wished, cap / STEPS.at(-1))));
  const fitting = STEPS.map((step) => step * unit).filter((amount) => amount <= cap);
  return fitting.length > 0 ? fitting : [cap];
}

/** The largest 1, 2 or 5 with zeros behind it that is not above this. */
function round(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  return Math.max(...STEPS.map((step) => step * power).filter((one) => one <= number));
}
