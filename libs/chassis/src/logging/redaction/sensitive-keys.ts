/**
 * The names under which secrets travel. They are compared without regard to case and to `-` and `_`: `api_key` stands for
 * `apiKey`, `Api-Key` and `API_KEY` too. `REDACT_KEYS` adds to this list and cannot take away from it.
 *
 * A key is sensitive when it *ends* with a listed name, so that what stands before only says whose secret it is
 * (`db_password`, `PGPASSWORD`, `x-auth-token`), while a name that merely *begins* with one says something about the secret
 * and stays readable (`token_type`, `secret_name`, `password_file`). After the name may stand what form the secret has
 * (`password_hash`, `secret_value`, `token2`). Names of fewer than five letters must be whole words: `db_pwd` and
 * `smtpPass` are sensitive, `OLDPWD` and `bypass` are not. A plural with a number is a count (`max_tokens: 4096`), and
 * stays; a plural with anything else is hidden (`tokens: ["…"]`).
 */
export const defaultRedactKeys: readonly string[] = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'pwd',
  'pass',
  'secret',
  'token',
  'bearer',
  'jwt',
  'otp',
  'api_key',
  'private_key',
  'secret_key',
  'access_key',
  'account_key',
  'master_key',
  'encryption_key',
  'signing_key',
  'ssh_key',
  'nkey',
  'psk',
  'authorization',
  'cookie',
  'set_cookie',
  'credential',
  'creds',
  'connection_string',
  'session',
  'session_id',
];

/** What is known of a key: `count` when a number under it is no secret (`max_tokens`). */
export type Sensitivity = 'none' | 'sensitive' | 'count';

/** Knows the sensitive names, for keys of objects as well as for names in running text. */
export interface SensitiveKeys {
  /** Classifies the key of an object. */
  sensitivityOf(key: string): Sensitivity;
  /**
   * The source of a regular expression (no flags) that finds a sensitive name and what may follow it up to the end of the
   * key. Its groups are the name itself, and the `s` of a plural.
   */
  readonly pattern: string;
  /** A quick look: false when there is certainly no sensitive name in the text. */
  mayBeIn(text: string): boolean;
}

const forms = 'value hash text plain plaintext raw hex b64 base64 encoded encrypted confirm confirmation'.split(' ');
const longestKey = 128;
const mostCachedKeys = 4096;

/** Compiles the default names and `more` (`REDACT_KEYS`). Entries without a letter or digit are ignored. */
export function compileSensitiveKeys(more: readonly string[] = []): SensitiveKeys {
  const names = [...new Set([...defaultRedactKeys, ...more].map(normalize))].filter((name) => name !== '');
  const endings = `(?:[-_. ]?(?:${forms.map(inAnyCase).join('|')}|\\d{1,4})){0,2}`;
  const pattern = `(${names.map(asWord).join('|')})([sS])?${endings}`;
  const anyName = new RegExp(groupByFirstLetter(names));
  const wholeKey = new RegExp(`${pattern}[-_. ]*$`);
  const cache = new Map<string, Sensitivity>();

  const classify = (key: string): Sensitivity => {
    const match = wholeKey.exec(key);
    if (match === null) {
      return 'none';
    }
    return match[2] === undefined ? 'sensitive' : 'count';
  };

  return {
    pattern,
    mayBeIn: (text) => anyName.test(text),
    sensitivityOf(key) {
      if (key.length > longestKey) {
        return classify(key.slice(-longestKey));
      }
      const known = cache.get(key);
      if (known !== undefined) {
        return known;
      }
      // Producers choose their keys: the cache must not grow with them.
      if (cache.size >= mostCachedKeys) {
        cache.clear();
      }
      const sensitivity = classify(key);
      cache.set(key, sensitivity);
      return sensitivity;
    },
  };
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

// Between "DB_PWD" and "OLDPWD" only a boundary tells; a change from lower to upper case is one.
function asWord(name: string): string {
  return name.length < 5 ? `(?:(?<![A-Za-z0-9])|(?<=[a-z0-9])(?=[A-Z]))${inAnyCase(name)}` : inAnyCase(name);
}

// Ten alternatives at each position instead of thirty: this search is what every clean record pays.
function groupByFirstLetter(names: readonly string[]): string {
  const groups = Map.groupBy(names, ([first = '']) => first);
  return Array.from(
    groups,
    ([, group]) => `(?=${eitherCase(group[0]?.[0] ?? '')})(?:${group.map(inAnyCase).join('|')})`,
  ).join('|');
}

// Written out instead of the flag `i`, which would blur the boundary that asWord() looks for. Two separators between
// letters are plenty, and keep the search twice as fast as any number would.
function inAnyCase(name: string): string {
  return [...name].map(eitherCase).join('[-_. ]{0,2}');
}

function eitherCase(char: string): string {
  const upper = char.toUpperCase();
  if (char === upper) {
    return char;
  }
  return upper.length === 1 ? `[${char}${upper}]` : `(?:${char}|${upper})`;
}
