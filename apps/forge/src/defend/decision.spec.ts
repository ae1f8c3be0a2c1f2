import { stripVTControlCharacters } from 'node:util';
import { describeAnswer } from './decision.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('describeAnswer', () => {
  it('shows the verdict, what the score is the sum of, and what follows', () => {
    const text = stripVTControlCharacters(
      describeAnswer({
        traceId,
        score: 88,
        verdict: 'isolate',
        contributions: [
          { rule: 'severity', points: 90, reason: 'severity 10 of 10' },
          { rule: 'known', points: -2, reason: 'a known scanner' },
        ],
        plan: { kind: 'request', data: { mitigationId: 'm-1', reason: 'isolate at score 88' } },
      }),
    );
    expect(text).toBe(
      `${traceId}\nisolate at score 88\n  +90  severity  severity 10 of 10\n  -2   known     a known scanner\nplan: request m-1, isolate at score 88`,
    );
  });

  it('says where to look when the decision is still to come', () => {
    expect(describeAnswer({ traceId })).toContain(`forge trace ${traceId}`);
  });
});
