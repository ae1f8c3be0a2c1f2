import { IsInstant, IsName, IsSummary } from '@sentinel-forge/contracts';
import { IsBoolean } from 'class-validator';

/** The one big switch of a host; bucket `switches`, key `<host>.responses`. */
export class ResponseSwitch {
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
