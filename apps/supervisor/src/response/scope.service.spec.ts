import fc from 'fast-check';
import { requestFor, testHost } from '../testing/requests.js';
import { defaultResponsePolicy, type ResponsePolicy } from './response-policy.js';
import { isInScope, labels, type ScopeFacts, whyApproval, whyOutOfScope } from './scope.service.js';

const policy: ResponsePolicy = { ...defaultResponsePolicy, host: testHost, instance: 'one', meshProject: 'forge' };
const request = requestFor({ target: { id: 'a'.repeat(64), name: 'web' } });
const nowMs = Date.parse(request.requestedAt);

function facts(change: Partial<ScopeFacts> = {}): ScopeFacts {
  const container = { name: 'web', labels: { [labels.respond]: 'true' } };
  return { request, sender: 'sentinelcore', container, isDisturbing: true, ...change };
}

describe('the scope of responses', () => {
  it('lets only what is opted in be mitigated, and says how to opt in', () => {
    expect(whyOutOfScope(facts(), policy, nowMs)).toBeUndefined();
    const plain = facts({ container: { name: 'web', labels: {} } });
    expect(whyOutOfScope(plain, policy, nowMs)).toMatch(/label it forge\.respond=true/);
    expect(whyOutOfScope(plain, { ...policy, respondTo: 'all' }, nowMs)).toBeUndefined();
  });

  it('never lets a protected container or a part of the mesh be mitigated, whatever else it carries', () => {
    const labelSet = fc.dictionary(
      fc.constantFrom(...Object.values(labels), 'other'),
      fc.constantFrom('true', 'false', 'required'),
    );
    fc.assert(
      fc.property(
        labelSet,
        fc.constantFrom('forge', 'shop', undefined),
        fc.constantFrom('all', 'labelled'),
        (set, project, respondTo) => {
          const compose =
            project === undefined ? {} : { compose: { project, service: 'web', number: 1, dependsOn: [] } };
          const container = { name: 'web', labels: set, ...compose };
          const refusal = whyOutOfScope(facts({ container }), { ...policy, respondTo: respondTo as 'all' }, nowMs);
          const mustBeRefused = set[labels.protect] === 'true' || set[labels.mesh] === 'true' || project === 'forge';
          expect(refusal !== undefined).toBe(
            mustBeRefused || (respondTo === 'labelled' && set[labels.respond] !== 'true'),
          );
          expect(isInScope(container, { ...policy, respondTo: respondTo as 'all' })).toBe(refusal === undefined);
        },
      ),
    );
  });

  it('refuses senders that are not trusted, old requests and unknown containers, each with what to do', () => {
    expect(whyOutOfScope(facts({ sender: 'log-indexer' }), policy, nowMs)).toMatch(/SUPERVISOR_SENDERS/);
    expect(whyOutOfScope(facts(), policy, nowMs + policy.recordRetentionMs + 1)).toMatch(/ask again/);
    expect(whyOutOfScope({ ...facts(), container: undefined }, policy, nowMs)).toMatch(/docker ps --all/);
    expect(whyOutOfScope({ ...facts(), container: undefined, namesake: 'b'.repeat(64) }, policy, nowMs)).toMatch(
      /made anew/,
    );
  });

  it('asks a person where the request, the label or the policy says so', () => {
    const plain = { name: 'web', labels: {} };
    expect(whyApproval(request, plain, policy)).toBeUndefined();
    expect(whyApproval({ ...request, needsApproval: true }, plain, policy)).toMatch(/forge mitigation approve m-/);
    expect(whyApproval(request, { name: 'web', labels: { [labels.approval]: 'required' } }, policy)).toMatch(
      /labelled/,
    );
    expect(whyApproval(request, plain, { ...policy, approvalFor: ['isolate'] })).toMatch(/SUPERVISOR_APPROVAL_FOR/);
  });
});
