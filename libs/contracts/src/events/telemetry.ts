import { IsNumber, Max, Min } from 'class-validator';
import { Closed, Describe, IsInstant, IsJsonObject, Nested, Optional } from '../validation/decorators.js';
import { IsName, IsSummary } from './fields.js';

/** What a telemetry event is about. */
@Closed()
export class TelemetryTarget {
  @Describe('Name, id or unambiguous Compose service of the container concerned.')
  @Optional()
  @IsName()
  readonly container?: string;

  @Describe('The host concerned; it also tells apart containers of the same name on several hosts.')
  @Optional()
  @IsName()
  readonly host?: string;

  @Describe('The user or account concerned.')
  @Optional()
  @IsName()
  readonly user?: string;

  @Describe('The network address concerned, usually the remote side.')
  @Optional()
  @IsName()
  readonly address?: string;
}

/** What any service says on `defend.<signal>` about something that may need defending against. */
@Closed()
export class Telemetry {
  @Describe('Who says it: the name of the service or sensor.')
  @IsName()
  readonly source!: string;

  @Describe('How bad the producer thinks it is: 0 (nothing) to 10 (act at once).')
  @Optional()
  @IsNumber()
  @Min(0)
  @Max(10)
  readonly severity?: number;

  @Describe('What happened, in one line for people.')
  @Optional()
  @IsSummary()
  readonly summary?: string;

  @Describe('What it is about.')
  @Optional()
  @Nested(() => TelemetryTarget)
  readonly target?: TelemetryTarget;

  @Describe('Anything else the producer knows; rules can match on it.')
  @Optional()
  @IsJsonObject()
  readonly attributes?: Readonly<Record<string, unknown>>;

  @Describe('When it happened, if not now.')
  @Optional()
  @IsInstant()
  readonly time?: string;
}
