import { IsIn } from 'class-validator';
import { IsName, IsToken } from '../events/fields.js';
import { Describe, IsJsonObject, Optional } from '../validation/decorators.js';

/** One container of one Docker host; bucket `inventory`, key `<host>.<id>`. Written by the host's supervisor. */
export class InventoryEntry {
  @Describe('The version of this class; one that does not say it is of the first.')
  @Optional()
  @IsIn([1])
  readonly version?: 1;

  @Describe('The host, as its supervisor is named.')
  @IsToken()
  readonly host!: string;

  @Describe('The full id.')
  @IsName()
  readonly id!: string;

  @IsName()
  readonly name!: string;

  @Describe('What the engine calls its state: `running`, `exited`, ….')
  @IsName()
  readonly state!: string;

  @Describe('The image that it was made from.')
  @Optional()
  @IsName()
  readonly image?: string;

  @Describe('The Compose project that it belongs to.')
  @Optional()
  @IsName()
  readonly project?: string;

  @Describe('The Compose service that it belongs to.')
  @Optional()
  @IsName()
  readonly service?: string;

  @Describe('Its labels in `forge.*`, as texts.')
  @IsJsonObject()
  readonly labels!: Readonly<Record<string, string>>;
}
