// One run on one recording: every predictor's figures, curves, a stretch of raster, and what was seen inside the net.
import { useEffect, useState } from 'react';
import type { JudgedPair } from '../../workers/lab-desk.ts';
import type { DrawnChart } from '../../workers/drawn-chart.ts';
import { saveAs } from '../save-as.ts';
import { useAtWork } from '../state/at-work.ts';
import { watched } from '../state/faults.ts';
import { working } from '../state/judging.ts';
import { lab, valueOf } from '../state/threads.ts';
import { estimateText } from '../words.ts';
import { ChartFigure } from './ChartFigure.tsx';

const COLUMNS = [
  ['bitsPerSpike', 'bits/spike', 3],
  ['averagePrecision', 'average precision', 4],
  ['rocAuc', 'pooled ROC-AUC', 4],
  ['rocAucPerUnit', 'per-unit ROC-AUC', 4],
  ['dice', 'Dice', 4],
  ['ece', 'ECE', 5],
] as const;

export function PairDetail({ pair: { key, run, file, pair } }: { readonly pair: JudgedPair }) {
  const [charts, setCharts] = useState<readonly DrawnChart[] | null>(null);
  const [inside, setInside] = useState<readonly DrawnChart[]>([]);
  const busy = useAtWork() !== null;
  useEffect(() => {
    watched(valueOf(lab().pairCharts(run, file)).then((drawn) => setCharts(drawn ?? [])));
    watched(valueOf(lab().insideCharts(run)).then((drawn) => setInside(drawn ?? [])));
  }, [run, file]);
  const predictors = Object.entries(pair.scores);
  const density = pair.scored.density?.toPrecision(3);
  return (
    <section aria-labelledby={`pair-${key}`}>
      <h2 id={`pair-${key}`}>
        {run} on {pair.target}
      </h2>
      <dl className="facts">
        <div>
          <dt>Scored</dt>
          <dd>
            {pair.scored.bins.toLocaleString('en')} bins, {pair.scored.units} units,{' '}
            {pair.scored.spikes.toLocaleString('en')} spikes
          </dd>
        </div>
        <div>
          <dt>Density (floor of average precision)</dt>
          <dd>{density ?? '-'}</dd>
        </div>
        <div>
          <dt>Known of the target</dt>
          <dd>
            level {pair.level}, {pair.targetTrainingSeconds.toFixed(0)} s, paired {pair.pairing}
          </dd>
        </div>
        <div>
          <dt>Intervals over</dt>
          <dd>
            {pair.blocks.intervals
              ? `${pair.blocks.count} blocks of ${(pair.blocks.bins * pair.binMilliseconds) / 1000} s`
              : 'none: too few blocks'}
          </dd>
        </div>
        <div>
          <dt>Seed, configuration</dt>
          <dd>
            {pair.seed}, <code>{pair.configHash?.slice(0, 12) ?? '-'}</code>
          </dd>
        </div>
      </dl>
      <div className="scroll" role="region" aria-label="Scores" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Predictor</th>
              {COLUMNS.map(([, title]) => (
                <th key={title} scope="col" className="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {predictors.map(([name, scores]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {COLUMNS.map(([metric, , digits]) => (
                  <td key={metric} className="number">
                    {estimateText(scores[metric], digits)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {charts === null ? (
        <p role="status">Drawing ...</p>
      ) : (
        <div className="charts two">
          {charts.map((chart) => (
            <ChartFigure key={chart.key} chart={chart} />
          ))}
        </div>
      )}
      <h3>Inside the net</h3>
      {inside.length === 0 ? (
        <p>
          <button
            type="button"
            disabled={busy}
            onClick={() =>
              watched(
                working('Looking inside', (watch) => valueOf(lab().lookInside(run, watch))).then((drawn) =>
                  setInside(drawn ?? []),
                ),
              )
            }
          >
            Look inside: attention by lag, importance of units
          </button>
        </p>
      ) : (
        <div className="charts two">
          {inside.map((chart) => (
            <ChartFigure key={chart.key} chart={chart} />
          ))}
        </div>
      )}
      <p>
        <button type="button" onClick={() => watched(saveReport(run))}>
          Download the report (HTML)
        </button>
      </p>
    </section>
  );
}

async function saveReport(run: string): Promise<void> {
  const html = await valueOf(lab().report(run));
  if (html !== undefined) saveAs(`${run}.html`, html, 'text/html');
}
