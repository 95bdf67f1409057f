// Trains, judges and generates, away from the page.
import { expose } from 'comlink';
import { LabDesk } from './lab-desk.ts';

expose(new LabDesk());
