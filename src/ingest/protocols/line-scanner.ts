const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Finds the parts of lines of InfluxDB's line protocol, which cannot be told by splitting: text may hold anything. */
export class LineScanner {
  readonly #text: string;
  #at = 0;
  #line = 0;
  /** Where counting of lines has got to. */
  #counted = 0;
  #hasStarted = false;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#at;
  }

  /** The number of the line, from 1. */
  get line(): number {
    return this.#line;
  }

  slice(start: number, end: number): string {
    return this.#text.slice(start, end);
  }

  /** Goes to the next line that is neither blank nor a comment, whatever is left of the one before. */
  nextLine(): boolean {
    const text = this.#text;
    if (this.#hasStarted) this.#at = this.#endOfLine() + 1;
    this.#hasStarted = true;
    while (this.#at < text.length) {
      while (isBlank(text.charCodeAt(this.#at))) this.#at++;
      const code = text.charCodeAt(this.#at);
      if (code === NEWLINE) this.#at++;
      else if (code === HASH) this.#at = this.#endOfLine() + 1;
      else if (this.#at < text.length) {
        this.#countLines();
        return true;
      }
    }
    return false;
  }

  /**
   * Passes measurement and tags, and the spaces behind.
   * @returns where they end; undefined where the line does
   */
  endOfHead(): number | undefined {
    const end = this.#find(SPACE, NEWLINE, NEWLINE);
    if (this.#text.charCodeAt(end) !== SPACE) return undefined;
    this.#skipSpaces();
    return end;
  }

  /** Passes the name of a field and `=`; undefined where there is none. */
  fieldName(): string | undefined {
    const start = this.#at;
    const end = this.#find(EQUALS, SPACE, COMMA);
    if (this.#text.charCodeAt(end) !== EQUALS || end === start) return undefined;
    this.#at++;
    return this.#text.slice(start, end);
  }

  /** Passes the value of a field, quotes included; undefined where a quote is not closed. */
  fieldValue(): string | undefined {
    const start = this.#at;
    if (this.#text.charCodeAt(start) === QUOTE) {
      this.#at++;
      const end = this.#findQuote();
      if (end === undefined) return undefined;
      return this.#text.slice(start, end);
    }
    return this.#text.slice(start, this.#find(COMMA, SPACE, NEWLINE)).trimEnd();
  }

  /** Passes a comma, after which comes another field; false where there is none. */
  skipComma(): boolean {
    if (this.#text.charCodeAt(this.#at) !== COMMA) return false;
    this.#at++;
    return true;
  }

  /** Passes all that is left of the line, without spaces around. */
  restOfLine(): string {
    const start = this.#at;
    this.#at = this.#endOfLine();
    return this.#text.slice(start, this.#at).trim();
  }

  /** Goes to the first of three characters, or of a newline, that no backslash escapes. */
  #find(first: number, second: number, third: number): number {
    const text = this.#text;
    let at = this.#at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === first || code === second || code === third || code === NEWLINE) break;
      if (code === BACKSLASH && text.charCodeAt(at + 1) !== NEWLINE) at++;
    }
    this.#at = Math.min(at, text.length);
    return this.#at;
  }

  /** @returns the position behind the closing quote */
  #findQuote(): number | undefined {
    const text = this.#text;
    for (let at = this.#at; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) {
        this.#at = at + 1;
        return this.#at;
      }
    }
    return undefined;
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end === -1 ? this.#text.length : end;
  }

  #countLines(): void {
    if (this.#line === 0) this.#line = 1;
    for (;;) {
      const newline = this.#text.indexOf('\n', this.#counted);
      if (newline === -1 || newline >= this.#at) return;
      this.#line++;
      this.#counted = newline + 1;
    }
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === CARRIAGE_RETURN || code === 0x09;
}
