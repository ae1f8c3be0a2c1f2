import { stripVTControlCharacters } from 'node:util';
import { describeSteps } from './provision.js';

describe('describeSteps', () => {
  it('shows what changes, counts what stays, and says what a block takes', () => {
    const text = stripVTControlCharacters(
      describeSteps(
        [
          { kind: 'stream', name: 'DEFEND', action: 'keep', differences: [] },
          { kind: 'stream', name: 'LOG', action: 'create', differences: [] },
          {
            kind: 'stream',
            name: 'TASK',
            action: 'blocked',
            differences: ['storage is "memory"'],
            reason: 'cannot change',
          },
        ],
        false,
      ),
    );
    expect(text).toMatch(
      /created +stream +LOG\nblocked +stream +TASK +storage is "memory"; cannot change\n1 of 3 are as declared\.\nWhat is blocked/,
    );
  });

  it('says "would" when nothing was done', () => {
    expect(describeSteps([{ kind: 'consumer', name: 'X/y', action: 'update', differences: ['a'] }], true)).toContain(
      'would update',
    );
  });
});
