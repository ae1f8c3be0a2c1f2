import type { Action } from './action.js';

/** Freezes every process. The kernel still completes TCP handshakes for it, but no application answers. */
export const pauseAction: Action = {
  name: 'pause',
  summary: 'Freezes every process of the container, with everything it has in memory.',
  parameters: [],
  needs: ['GET /containers/{id}/json', 'POST /containers/{id}/pause', 'POST /containers/{id}/unpause'],
  isDestructive: false,
  isDisturbing: true,
  reversal: 'It is unpaused, and goes on where it was; open connections too.',
  holds: () => ['process'],
  plan: ({ current }) => (current.state === 'running' ? [{ call: 'pause', id: current.id }] : []),
  // What does not run needs no freezing; should it be started while this is in force, it is paused then.
  problems: ({ current }) =>
    current.state === 'running' || current.state === 'restarting' ? [`the container is ${current.state}`] : [],
  containment: ({ current }) => ({ contained: current.state === 'paused' ? 'paused' : 'none' }),
};
