import type { Action } from './action.js';
import { captureNeeds, captureOnce } from './capture.js';
import { tailLinesParameter } from './common-parameters.js';

/** Where images of compromised containers go; a tag is the mitigation's id. */
const evidenceRepository = 'forge-evidence';

/** Keeps what can be read of a container: inspect, logs, changed files, processes; redacted, with retention. */
export const snapshotAction: Action = {
  name: 'snapshot',
  summary: 'Keeps evidence: inspect, logs, changed files and processes; an image of it only on request.',
  parameters: [
    tailLinesParameter,
    {
      name: 'commit',
      type: 'boolean',
      byDefault: false,
      summary: `Also keep the file system as the image ${evidenceRepository}:<mitigation id>; the container is paused meanwhile.`,
    },
  ],
  needs: [...captureNeeds, 'POST /commit'],
  isDestructive: false,
  isDisturbing: false,
  reversal: undefined,
  holds: () => [],
  plan(situation) {
    const capture = captureOnce(situation, 'snapshot');
    const { current, mitigationId, parameters } = situation;
    // The commit comes first: the captured file is the mark that both were done.
    return capture.length > 0 && parameters.commit === true
      ? [{ call: 'commit', id: current.id, repository: evidenceRepository, tag: mitigationId }, ...capture]
      : capture;
  },
  problems: ({ evidence }) => (evidence.has('snapshot') ? [] : ['no evidence was kept']),
  containment: () => ({ contained: 'none' }),
};
