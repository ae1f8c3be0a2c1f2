import { redactEvidence } from './redact-evidence.js';

const redact = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(redact);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, /password|token/i.test(name) ? '[redacted]' : redact(item)]),
      )
    : value;
};

describe('evidence', () => {
  it('holds no secret of the environment, wherever it stands', () => {
    const raw = {
      inspect: {
        Config: {
          Env: ['DB_PASSWORD=correct horse', 'MODE=fast', 'API_TOKEN=hunter22'],
          Cmd: ['serve', '--key=hunter22'],
        },
      },
      logs: { entries: [{ stream: 'stdout', text: 'connecting with correct horse in mode fast' }] },
      changes: [{ path: '/tmp/x', kind: 'added' }],
      processes: { processes: [['1', 'serve --key=hunter22']] },
      missing: [],
    };
    const text = JSON.stringify(redactEvidence(raw, redact));
    expect(text).not.toMatch(/correct horse|hunter22/);
    expect(text).toContain('in mode fast');
    expect(text).toContain('"MODE":"fast"');
  });

  it('does not mask half of everything because a secret is short', () => {
    const raw = {
      inspect: { Config: { Env: ['TOKEN=a'] } },
      logs: 'a banana',
      changes: [],
      processes: [],
      missing: [],
    };
    expect(redactEvidence(raw, redact).logs).toBe('a banana');
  });
});
