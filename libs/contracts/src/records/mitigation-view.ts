import { IsIn } from 'class-validator';
import { IsName } from '../events/fields.js';
import { MitigationRequested } from '../events/mitigation.js';
import { type MitigationState, mitigationStates } from '../requests/mitigation-requests.js';
import { IsInstant, Nested, Optional } from '../validation/decorators.js';

/**
 * What others than supervisor may rely on of a record in the bucket `mitigations` (key: the mitigation id). The record
 * itself holds more, which is supervisor's own business.
 */
export class MitigationView {
  @IsName()
  readonly id!: string;

  @Nested(() => MitigationRequested)
  readonly request!: MitigationRequested;

  @IsIn(mitigationStates)
  readonly state!: MitigationState;

  /** When it ends by itself; absent: never. */
  @Optional()
  @IsInstant()
  readonly until?: string;
}
