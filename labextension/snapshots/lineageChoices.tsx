/**
 * The filters for pipelines: which one, which of its runs, which step. They are there once there is a pipeline.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISnapshotFilter, Origin, Snapshot } from '../rest/values';
import { FilterChoice, plainOptions } from './filterChoice';

interface ILineageChoicesProps {
  readonly items: readonly Snapshot[];
  readonly filter: ISnapshotFilter;
  readonly trans: TranslationBundle;
  readonly onChange: (part: ISnapshotFilter) => void;
}

export function LineageChoices(props: ILineageChoicesProps): JSX.Element | null {
  const { items, filter, trans, onChange } = props;
  const origins = items.map(item => item.origin);
  const ofPipeline = origins.filter(origin => !filter.pipeline || origin.pipeline === filter.pipeline);
  const ofRun = ofPipeline.filter(origin => !filter.run || origin.run === filter.run);
  const pipelines = known(origins, 'pipeline', filter.pipeline);
  if (pipelines.length === 0) {
    return null;
  }
  return (
    <>
      <FilterChoice
        label={trans.__('Pipeline')}
        all={trans.__('All pipelines')}
        value={filter.pipeline}
        options={plainOptions(pipelines)}
        onChoose={pipeline => onChange({ pipeline, run: '', step: '' })}
      />
      <FilterChoice
        label={trans.__('Run')}
        all={trans.__('All runs')}
        value={filter.run}
        options={plainOptions(known(ofPipeline, 'run', filter.run).reverse())}
        onChoose={run => onChange({ run })}
      />
      <FilterChoice
        label={trans.__('Step')}
        all={trans.__('All steps')}
        value={filter.step}
        options={plainOptions(known(ofRun, 'step', filter.step))}
        onChoose={step => onChange({ step })}
      />
    </>
  );
}

/** The values that loaded snapshots have, and the chosen one, in order. */
function known(
  origins: readonly Origin[],
  field: 'pipeline' | 'run' | 'step',
  chosen: string | undefined
): string[] {
  const found = origins.map(origin => origin[field]).filter((value): value is string => !!value);
  return [...new Set(chosen ? [...found, chosen] : found)].sort();
}
