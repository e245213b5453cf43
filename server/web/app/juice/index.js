// The juice: what moves when something happens. Decoration only: nothing is said here that the page does not say in
// text as well, except by toasts, which are text. Under prefers-reduced-motion nothing moves at all.

export { burst } from "./burst.js";
export { celebrate } from "./celebrate.js";
export { reactTo } from "./reactions.js";
export { shake } from "./shake.js";
export { toast } from "./toasts.js";
export { urgent } from "./urgent.js";
