// Entry of the command line.
process.stdout.write('ok\n');
