// Opens recordings, away from the page: HDF5 reads synchronously, which only a worker may.
import { expose } from 'comlink';
import { ReaderDesk } from './reader-desk.ts';

expose(new ReaderDesk());
