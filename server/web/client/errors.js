// The two ways in which a request can fail.
//
//   Problem       the server (or something before it) answered, and the answer is no
//   Unreachable   no answer came: offline, refused, cut, timed out. Whether the request arrived nobody knows

/** `code` is for programs and never changes; `title` and `detail` are for people and may. */
export class Problem extends Error {
  /**
   * @param {object} answer
   * @param {number} answer.status
   * @param {string} answer.code
   * @param {string} answer.title
   * @param {string} [answer.detail]
   * @param {{field: string, message: string}[]} [answer.errors]
   * @param {string | null} [answer.requestId]
   * @param {number | null} [answer.retryAfterMs]
   */
  constructor({ status, code, title, detail = title, errors = [], requestId = null, retryAfterMs = null }) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    /** Which fields are at fault, where some are. */
    this.errors = errors;
    /** What to name when asking the operator. */
    this.requestId = requestId;
    /** When to come back, where the server said so. */
    this.retryAfterMs = retryAfterMs;
  }
}

export class Unreachable extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = "Unreachable";
  }
}
