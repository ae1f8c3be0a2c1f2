import { Controller, Get } from '@nestjs/common';
import { Public } from '@sentinel-forge/chassis';
import { apps } from '@sentinel-forge/contracts';

/** `GET /`: what this service is for, and that its work is still to come. */
@Public()
@Controller()
export class AboutController {
  @Get()
  about(): object {
    return {
      service: 'hardening-auditor',
      summary: apps['hardening-auditor'].summary,
      state: 'to come',
      detail:
        'This service starts, answers for its health and is part of the mesh. Its work, audits of what is declared and what runs, is not built yet.',
    };
  }
}
