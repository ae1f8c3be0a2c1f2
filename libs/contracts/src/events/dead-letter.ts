import { IsIn, IsInt, IsString, Min } from 'class-validator';
import { Describe, IsInstant, IsJsonObject } from '../validation/decorators.js';
import { IsName, IsSummary } from './fields.js';

/** Why a message was given up. */
export const deadLetterCauses = ['invalid', 'rejected', 'exhausted'] as const;
/** `invalid`: it breaks its contract; `rejected`: the handler refused it for good; `exhausted`: every try failed. */
export type DeadLetterCause = (typeof deadLetterCauses)[number];

/** `dead-letter.<stream>.<consumer>`: a message that could not be handled, whole, with its cause. */
export class DeadLetter {
  @Describe('Why it was given up.')
  @IsIn(deadLetterCauses)
  readonly cause!: DeadLetterCause;

  @Describe('The stable code of the error.')
  @IsName()
  readonly code!: string;

  @Describe('What was wrong and what to do about it.')
  @IsSummary()
  readonly reason!: string;

  @Describe('The subject that the message came on.')
  @IsName()
  readonly subject!: string;

  @Describe('Its sequence in its stream.')
  @IsInt()
  @Min(0)
  readonly sequence!: number;

  @Describe('How often it was delivered.')
  @IsInt()
  @Min(1)
  readonly deliveries!: number;

  @Describe('When it was stored.')
  @IsInstant()
  readonly storedAt!: string;

  @Describe('Its headers, each with its values.')
  @IsJsonObject()
  readonly headers!: Readonly<Record<string, readonly string[]>>;

  @Describe('Its payload, in base64, byte for byte.')
  @IsString()
  readonly payload!: string;
}
