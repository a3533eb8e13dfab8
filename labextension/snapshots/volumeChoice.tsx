/**
 * Which volumes a snapshot is of, each with how much there is to read.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';

import type { RokApi } from '../rest/api';
import { decodeName } from '../rest/names';
import type { Volume, VolumeEstimate } from '../rest/values';
import { estimateWords } from './estimates';

type Sizes = ReadonlyMap<string, VolumeEstimate | 'unknown'>;

/** A box for each volume; one that can't be snapshotted says why. The last chosen one stays: a snapshot of nothing is none. */
export function VolumeChoice(props: {
  volumes: readonly Volume[];
  chosen: readonly string[];
  api: RokApi;
  onChange: (chosen: readonly string[]) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { volumes, chosen, api, onChange, trans } = props;
  const sizes = useSizes(volumes, api);
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter(each => each !== name) : [...chosen, name];
    if (next.length > 0) {
      onChange(next);
    }
  };
  return (
    <fieldset className="jp-RokForm-volumes">
      <legend>{trans.__('Volumes')}</legend>
      {volumes.map(volume => {
        const { available, reason } = volume.capabilities.snapshot;
        return (
          <label key={volume.name} className="jp-RokForm-choice">
            <input
              type="checkbox"
              checked={available && chosen.includes(volume.name)}
              disabled={!available}
              onChange={() => toggle(volume.name)}
            />
            <span>
              {volume.name}
              <small>{available ? decodeName(volume.path) : reason}</small>
              {available && <small>{sizeWords(sizes.get(volume.name), trans)}</small>}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

function sizeWords(size: VolumeEstimate | 'unknown' | undefined, trans: TranslationBundle): string {
  if (size === undefined) {
    return trans.__('Counting how much there is …');
  }
  return size === 'unknown' ? trans.__('size unknown') : estimateWords(size, trans);
}

/** Have the volumes counted, once; a count that nobody waits for any more is given up. */
function useSizes(volumes: readonly Volume[], api: RokApi): Sizes {
  const [sizes, setSizes] = useState<Sizes>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    const put = (name: string, size: VolumeEstimate | 'unknown'): void => {
      if (!abort.signal.aborted) {
        setSizes(before => new Map(before).set(name, size));
      }
    };
    for (const { name, capabilities } of volumes) {
      if (capabilities.snapshot.available) {
        api.estimate(name, abort.signal).then(
          size => put(name, size),
          () => put(name, 'unknown')
        );
      }
    }
    return () => abort.abort();
  }, [volumes, api]);
  return sizes;
}
