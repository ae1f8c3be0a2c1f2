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
      service: 'task-registry',
      summary: apps['task-registry'].summary,
      state: 'to come',
      detail:
        'This service starts, answers for its health and is part of the mesh. Its work, one backlog that many agents share, is not built yet.',
    };
  }
}
