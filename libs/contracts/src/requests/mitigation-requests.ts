import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { IsName, IsSummary } from '../events/fields.js';
import { Closed, Describe, Optional } from '../validation/decorators.js';

/** The states of a mitigation. */
export const mitigationStates = [
  'requested',
  'approved',
  'executing',
  'applied',
  'releasing',
  'released',
  'failed',
  'rejected',
] as const;
/** A state of a mitigation. */
export type MitigationState = (typeof mitigationStates)[number];

/** Which mitigations to list, newest first. */
@Closed()
export class ListMitigations {
  @Describe('Only those in this state.')
  @Optional()
  @IsIn(mitigationStates)
  readonly state?: MitigationState;

  @Describe('Only those on this container (name or id).')
  @Optional()
  @IsName()
  readonly container?: string;

  @Describe('At most so many.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly limit?: number;
}

/** One mitigation, by its id. */
@Closed()
export class ChooseMitigation {
  @Describe('The id, or the start of it where that is unambiguous.')
  @IsString()
  @Matches(/^m-[0-9a-f]{4,32}$/)
  readonly id!: string;

  @Describe('Why, for the record.')
  @Optional()
  @IsSummary()
  readonly reason?: string;
}

/** Take one mitigation back, or all of them. */
@Closed()
export class ReleaseMitigation {
  @Describe('The id, or the start of it where that is unambiguous.')
  @Optional()
  @IsString()
  @Matches(/^m-[0-9a-f]{4,32}$/)
  readonly id?: string;

  @Describe('Every mitigation in force on this host.')
  @Optional()
  @IsBoolean()
  readonly all?: boolean;

  @Describe('Why, for the record.')
  @Optional()
  @IsSummary()
  readonly reason?: string;
}

/** The one big switch: nothing new is carried out while it is set; what is in force stays, and ends at its time. */
@Closed()
export class PauseMitigations {
  @Describe('true: carry nothing out from now on; false: go on, with what came in meanwhile.')
  @IsBoolean()
  readonly isPaused!: boolean;

  @Describe('Why, for the record.')
  @Optional()
  @IsSummary()
  readonly reason?: string;
}

/** Let the healer try a container again that it gave up. */
@Closed()
export class RearmContainer {
  @Describe('Name or id of the container.')
  @IsName()
  readonly container!: string;
}
