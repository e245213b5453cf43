// Two calls that no other page makes: everything about me as a file, and away with me.

import { problemOf } from "../../client/http.js";
import { Unreachable } from "../../client/index.js";
import { rememberedToken } from "../session.js";

export const EXPORT_PATH = "/api/v1/me/export";

/** The export as a file, for who is signed in by a token. Throws Problem | Unreachable. */
export async function exportFile(name) {
  const response = await called("GET", EXPORT_PATH);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Away with me. Throws Problem | Unreachable. */
export async function deleteMe() {
  await called("DELETE", "/api/v1/me");
}

async function called(method, path) {
  const response = await fetch(path, { method, ...credentials() }).catch((cause) => {
    throw new Unreachable("No answer.", { cause });
  });
  if (response.ok) return response;
  throw problemOf(await response.json().catch(() => null), response.status);
}

function credentials() {
  const token = rememberedToken();
  return token === null ? {} : { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" };
}
