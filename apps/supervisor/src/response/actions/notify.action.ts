import type { Action } from './action.js';

/** Tells people, through notification-dispatcher, which hears every mitigation. */
export const notifyAction: Action = {
  name: 'notify',
  summary: 'Tells people; the container is not touched.',
  parameters: [],
  needs: [],
  isDestructive: false,
  isDisturbing: false,
  reversal: undefined,
  holds: () => [],
  plan: () => [],
  problems: () => [],
  containment: () => ({ contained: 'none' }),
};
