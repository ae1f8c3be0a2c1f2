import { Describe, IsInstant, IsName, IsSummary, Optional } from '@sentinel-forge/contracts';
import { IsBoolean, IsIn } from 'class-validator';

/** The one big switch of a host; bucket `switches`, key `<host>.responses`. */
export class ResponseSwitch {
  @Describe('The version of this class; one that does not say it is of the first.')
  @Optional()
  @IsIn([1])
  readonly version?: 1;

  @IsBoolean()
  readonly isPaused!: boolean;

  @IsName()
  readonly actor!: string;

  @IsSummary()
  readonly reason!: string;

  @IsInstant()
  readonly at!: string;
}

/** The key of a host's switch. */
export function responseSwitchKey(host: string): string {
  return `${host}.responses`;
}
