import type { EvidenceLabel, Step } from '../docker-call.js';
import type { Situation } from './action.js';
import { tailLinesOf } from './common-parameters.js';

/** The Engine API endpoints that evidence is read from. */
export const captureNeeds = [
  'GET /containers/{id}/json',
  'GET /containers/{id}/logs',
  'GET /containers/{id}/changes',
  'GET /containers/{id}/top',
] as const;

/** The step that takes evidence, unless it was taken. */
export function captureOnce({ current, evidence, parameters }: Situation, label: EvidenceLabel): readonly Step[] {
  return evidence.has(label) ? [] : [{ call: 'capture', id: current.id, label, tailLines: tailLinesOf(parameters) }];
}
