// Units that the user picked in the table of a recording, to be trained on. They are forgotten with the tab.
import { Observable } from './observable.ts';

export interface ChosenUnits {
  /** Page's id of the recording. */
  readonly recording: string;
  readonly ids: readonly string[];
}

export const chosenUnits = new Observable<ChosenUnits | null>(null);
