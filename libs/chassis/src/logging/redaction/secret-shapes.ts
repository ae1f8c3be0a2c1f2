/** A part of a text that must not be seen: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Credentials that are known by their look alone, wherever they stand: JWTs (and JWEs), and the prefixes that issuers put
 * before their tokens so that scanners can find them. Each begins where no word is under way: that keeps the search linear,
 * and digests, UUIDs and trace ids cannot match, since none of the prefixes is hexadecimal.
 */
const shapes = [
  'eyJ[\\w-]{5,}(?:\\.[\\w-]*){2,4}',
  'A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])', // AWS
  'gh[pousr]_[A-Za-z0-9]{36,}', // GitHub
  'github_pat_\\w{22,}',
  'glpat-[\\w-]{20,}', // GitLab
  'xox[abeoprs]-[\\w-]{10,}', // Slack
  'sk-[\\w-]{20,}', // OpenAI, Anthropic
  '[rs]k_live_\\w{16,}', // Stripe
  'whsec_[\\w+/=-]{20,}', // Standard Webhooks
  'AIza[\\w-]{35}', // Google
  'npm_[A-Za-z0-9]{36}',
  'S[ACNOUX][A-Z2-7]{56}(?![0-9A-Za-z])', // NATS nkey seeds
];
const shape = new RegExp(`(?<![\\w-])(?:${shapes.join('|')})`, 'g');

/** The source of a regular expression that finds something in every text in which {@link findShapes} does. */
export const shapesHintPattern =
  'eyJ|-----BEGIN|@|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox|sk-|k_live_|whsec_|AIza|npm_|S[ACNOUX][A-Z2-7]{56}';

/** Finds what looks like a secret, whatever it is called: tokens, PEM blocks, `user:password@` in URLs, `Bearer …`. */
export function findShapes(text: string): Span[] {
  return [...findTokens(text), ...findPemBlocks(text), ...findUserinfo(text), ...findSchemes(text)];
}

function findTokens(text: string): Span[] {
  return Array.from(text.matchAll(shape), (match) => ({ start: match.index, end: match.index + match[0].length }));
}

const pemBegin = /-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,63})-----/g;
const publicPem = /CERTIFICATE|PUBLIC KEY|X509 CRL/;

// A block without an end was cut off, by a limit or between two chunks: the rest of the text belongs to it.
function findPemBlocks(text: string): Span[] {
  const spans: Span[] = [];
  pemBegin.lastIndex = 0;
  for (let begin = pemBegin.exec(text); begin !== null; begin = pemBegin.exec(text)) {
    if (!publicPem.test(begin[1] ?? '')) {
      const end = endOfPem(text, pemBegin.lastIndex);
      spans.push({ start: begin.index, end });
      pemBegin.lastIndex = end;
    }
  }
  return spans;
}

function endOfPem(text: string, from: number): number {
  const footer = text.indexOf('-----END ', from);
  const dashes = footer === -1 ? -1 : text.indexOf('-----', footer + 9);
  return dashes === -1 ? text.length : dashes + 5;
}

const notUserinfo = /[\s/?#"<>]|$/g;

function findUserinfo(text: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    notUserinfo.lastIndex = at + 3;
    const authority = text.slice(at + 3, notUserinfo.exec(text)?.index);
    const end = authority.lastIndexOf('@');
    if (end > 0) {
      spans.push({ start: at + 3, end: at + 3 + end });
    }
  }
  return spans;
}

const scheme = /(?<!\w)([Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc])[ \t]{1,8}([\w.~+/-]{3,}={0,2})/g;
// What follows "bearer" where people write about tokens instead of sending them.
const prose =
  /^(?:tokens?|auth|authentication|authorization|credentials?|schemes?|headers?|realm|error|keys?|format|and|are|for|has|not|the|was|with)$/i;

function findSchemes(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(scheme)) {
    const [whole, name = '', value = ''] = match;
    if (name.length === 6 ? !prose.test(value) : isBasicCredential(value)) {
      const end = match.index + whole.length;
      spans.push({ start: end - value.length, end });
    }
  }
  return spans;
}

// "Basic" is also an everyday word: only what decodes to `user:password` counts.
const userAndPassword = /^[^\p{Cc}\ufffd:]*:[^\p{Cc}\ufffd]*$/u;

function isBasicCredential(value: string): boolean {
  return userAndPassword.test(Buffer.from(value.slice(0, 1024), 'base64').toString());
}
