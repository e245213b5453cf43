// Loaded before anything is painted, so that a page in the theme of one's choice never flashes up in the other.

import { applyTheme } from "./theme.js";

applyTheme();
