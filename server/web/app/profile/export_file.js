// Everything about me, as a file.

import { problemOf } from "../../client/http.js";
import { Unreachable } from "../../client/index.js";
import { rememberedToken } from "../session.js";

/** Years of somebody's contributions take longer than other answers, but not for ever. */
const PATIENCE_MS = 120_000;

export const EXPORT_PATH = "/api/v1/me/export";

/** The export as a file, for who is signed in by a token. Throws Problem | Unreachable. */
export async function exportFile(name) {
  const address = URL.createObjectURL(await exported());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

async function exported() {
  const unreachable = (cause) => {
    throw new Unreachable("No answer.", { cause });
  };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(EXPORT_PATH, { signal, ...credentials() }).catch(unreachable);
  if (response.ok) return response.blob().catch(unreachable);
  throw problemOf(await response.json().catch(() => null), response.status);
}

function credentials() {
  const token = rememberedToken();
  return token === null ? {} : { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" };
}
