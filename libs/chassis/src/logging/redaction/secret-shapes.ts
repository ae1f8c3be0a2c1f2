import { type Span, SpanCollector } from './spans.js';

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
  'AIza[\\w-]{35,}', // Google
  'npm_[A-Za-z0-9]{36,}',
  'S[ACNOUX][A-Z2-7]{56}(?![0-9A-Za-z])', // NATS nkey seeds
];
const shape = new RegExp(`(?<![\\w-])(?:${shapes.join('|')})`, 'g');

const hint =
  /eyJ|-----BEGIN|@|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox|sk-|k_live_|whsec_|AIza|npm_|S[ACNOUX][A-Z2-7]{56}/;

/** A quick look: false when {@link findShapes} certainly finds nothing in the text. */
export function mayHoldShapes(text: string): boolean {
  return hint.test(text);
}

/** Finds what looks like a secret, whatever it is called: tokens, PEM blocks, `user:password@` in URLs, `Bearer …`. */
export function findShapes(text: string): readonly Span[] {
  return [...findTokens(text), ...findPemBlocks(text), ...findUserinfo(text), ...findSchemes(text)];
}

function findTokens(text: string): readonly Span[] {
  const found = new SpanCollector(text);
  shape.lastIndex = 0;
  for (let match = shape.exec(text); match !== null; match = shape.exec(text)) {
    if (!found.add(match.index, shape.lastIndex)) {
      break;
    }
  }
  return found.spans;
}

const pemBegin = /-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,63})-----/g;
const publicPem = /CERTIFICATE|PUBLIC KEY|X509 CRL/;

// A block without an end was cut off, by a limit or between two chunks: the rest of the text belongs to it.
function findPemBlocks(text: string): readonly Span[] {
  const found = new SpanCollector(text);
  pemBegin.lastIndex = 0;
  for (let begin = pemBegin.exec(text); begin !== null; begin = pemBegin.exec(text)) {
    if (!publicPem.test(begin[1] ?? '')) {
      const end = endOfPem(text, pemBegin.lastIndex);
      if (!found.add(begin.index, end)) {
        break;
      }
      pemBegin.lastIndex = end;
    }
  }
  return found.spans;
}

const footer = /-----END [^-\n]{0,64}-----/g;

function endOfPem(text: string, from: number): number {
  footer.lastIndex = from;
  return footer.test(text) ? footer.lastIndex : text.length;
}

const endOfAuthority = /[\s/?#"<>]/g;

function findUserinfo(text: string): readonly Span[] {
  const found = new SpanCollector(text);
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    endOfAuthority.lastIndex = start;
    const limit = endOfAuthority.test(text) ? endOfAuthority.lastIndex - 1 : text.length;
    const end = text.slice(start, limit).lastIndexOf('@') + start;
    if (end > start && !found.add(start, end)) {
      break;
    }
  }
  return found.spans;
}

const scheme = /(?<!\w)([Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc])[ \t]{1,8}([\w.~+/-]{3,}={0,2})/g;
// What follows "bearer" where people write about tokens instead of sending them.
const prose =
  /^(?:tokens?|auth|authentication|authorization|credentials?|schemes?|headers?|realm|error|keys?|format|and|are|for|has|not|the|was|with)$/i;

function findSchemes(text: string): readonly Span[] {
  const found = new SpanCollector(text);
  scheme.lastIndex = 0;
  for (let match = scheme.exec(text); match !== null; match = scheme.exec(text)) {
    const [, name = '', value = ''] = match;
    const isSecret = name.length === 'bearer'.length ? !prose.test(value) : isBasicCredential(value);
    if (isSecret && !found.add(scheme.lastIndex - value.length, scheme.lastIndex)) {
      break;
    }
  }
  return found.spans;
}

// "Basic" is also an everyday word: only what decodes to `user:password` counts.
const userAndPassword = /^[^\p{Cc}\ufffd:]*:[^\p{Cc}\ufffd]*$/u;

function isBasicCredential(value: string): boolean {
  return userAndPassword.test(Buffer.from(value.slice(0, 1024), 'base64').toString());
}
