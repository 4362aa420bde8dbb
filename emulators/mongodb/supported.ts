import { stageNames } from './commands/aggregate.ts';
import { connectiveNames } from './filters/filter.ts';
import { operatorNames } from './filters/filter-operators.ts';
import { commands } from './server.ts';
import { indexOptionNames } from './storage/index-spec.ts';
import { updateOperatorNames } from './updates/update-operators.ts';

/** Everything that this server has, by name; what is not here it refuses. */
export const supported = {
  commands: Object.keys(commands),
  filterOperators: [...operatorNames, ...connectiveNames],
  updateOperators: updateOperatorNames,
  stages: stageNames,
  indexOptions: indexOptionNames,
};
