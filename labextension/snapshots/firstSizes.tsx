/**
 * The sizes of the first snapshot's volumes, and what may be left out of large ones.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';

import { asRokError, type RokError } from '../rest/error';
import { decodeName } from '../rest/names';
import type { Status, VolumeEstimate } from '../rest/values';
import { formatBytes } from '../ui/format';
import { ErrorNotice } from '../ui/notice';
import type { ISnapshotsContext } from './context';
import { estimateWords, isBig, remaining } from './estimates';
import { tellFailed } from './take';

/** The estimates of all volumes that the first snapshot reads. */
export interface IEstimates {
  readonly items: readonly VolumeEstimate[];
  readonly error: RokError | undefined;
  /** Why the snapshot can't begin yet, "" once the sizes are known. */
  readonly reason: string;
  retry(): void;
  /** Leave out what was ticked (keys of `candidateKey`); whether that was possible. */
  exclude(keys: ReadonlySet<string>): Promise<boolean>;
}

/** What names a candidate of a volume. */
function candidateKey(volume: string, path: string): string {
  return `${volume}:${path}`;
}

/** Ask the server for the sizes, once. */
export function useEstimates(context: ISnapshotsContext, status: Status): IEstimates {
  const { model, trans } = context;
  const [items, setItems] = useState<readonly VolumeEstimate[] | undefined>();
  const [error, setError] = useState<RokError | undefined>();
  const [round, setRound] = useState(0);
  const names = status.volumes.filter(each => each.capabilities.snapshot.available).map(each => each.name);
  const wanted = names.join('\n');
  useEffect(() => {
    let isCurrent = true;
    setError(undefined);
    Promise.all(
      wanted
        .split('\n')
        .filter(Boolean)
        .map(name => model.api.estimate(name))
    ).then(
      found => isCurrent && setItems(found),
      reason => isCurrent && setError(asRokError(reason))
    );
    return () => {
      isCurrent = false;
    };
  }, [model, wanted, round]);
  return {
    items: items ?? [],
    error,
    reason: items || error ? '' : trans.__('Its size is being counted.'),
    retry: () => setRound(round + 1),
    exclude: async keys => {
      try {
        for (const estimate of items ?? []) {
          const paths = estimate.candidates
            .map(candidate => candidate.path)
            .filter(path => keys.has(candidateKey(estimate.volume, path)));
          if (paths.length > 0) {
            await model.api.exclude(estimate.volume, paths);
          }
        }
        return true;
      } catch (reason) {
        tellFailed(context, asRokError(reason));
        return false;
      }
    }
  };
}

export function FirstSizes(props: {
  estimates: IEstimates;
  excluded: ReadonlySet<string>;
  onExclude: (keys: ReadonlySet<string>) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { estimates, trans } = props;
  if (estimates.error) {
    return <ErrorNotice error={estimates.error} trans={trans} onRetry={estimates.retry} />;
  }
  if (estimates.reason) {
    return (
      <p className="jp-RokFirst-counting" role="status">
        {trans.__('Counting how much there is …')}
      </p>
    );
  }
  return (
    <div className="jp-RokFirst-sizes">
      {estimates.items.map(estimate => (
        <VolumeSize key={estimate.volume} {...props} estimate={estimate} />
      ))}
    </div>
  );
}

interface IVolumeSizeProps {
  readonly estimate: VolumeEstimate;
  readonly excluded: ReadonlySet<string>;
  readonly onExclude: (keys: ReadonlySet<string>) => void;
  readonly trans: TranslationBundle;
}

function VolumeSize(props: IVolumeSizeProps): JSX.Element {
  const { estimate, excluded, trans } = props;
  const paths = new Set(
    estimate.candidates
      .map(candidate => candidate.path)
      .filter(path => excluded.has(candidateKey(estimate.volume, path)))
  );
  const left = { ...remaining(estimate, paths), complete: estimate.complete };
  return (
    <div className="jp-RokFirst-size">
      <div className="jp-RokFirst-line">
        <span title={estimate.path}>{estimate.volume}</span>
        <strong>{estimateWords(left, trans)}</strong>
      </div>
      {isBig(estimate) && estimate.candidates.length > 0 && <Candidates {...props} />}
    </div>
  );
}

function Candidates(props: IVolumeSizeProps): JSX.Element {
  const { estimate, excluded, onExclude, trans } = props;
  const toggle = (key: string): void => {
    const next = new Set(excluded);
    if (!next.delete(key)) {
      next.add(key);
    }
    onExclude(next);
  };
  return (
    <fieldset className="jp-RokForm-volumes">
      <legend>
        {estimate.is_home
          ? trans.__('This is a home directory. Leave out what can be made again:')
          : trans.__('This is a lot. Leave out what can be made again:')}
      </legend>
      {estimate.candidates.map(candidate => {
        const key = candidateKey(estimate.volume, candidate.path);
        return (
          <label key={key} className="jp-RokForm-choice">
            <input type="checkbox" checked={excluded.has(key)} onChange={() => toggle(key)} />
            <span>
              {decodeName(candidate.path)}
              <small>{trans.__('%1, %2', formatBytes(candidate.size), candidate.reason)}</small>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
