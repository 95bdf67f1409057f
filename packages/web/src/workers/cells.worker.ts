// Reads, calls and places cells, away from the page.
import { expose } from 'comlink';
import { CellsDesk } from './cells-desk.ts';

expose(new CellsDesk());
