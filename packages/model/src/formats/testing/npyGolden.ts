// Arrays as NumPy 1.24 writes them (zlib, base64), each by numpy.lib.format.write_array of the expression beside its test in npy.test.ts.
import { unzlibSync } from 'fflate';

const PACKED = {
  i8: 'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOpo6CrUKFAAuRgYI+PcfGcgzAABrwCly',
  u8big:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuU2qhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOpo6CrUKFAAuBghoAAA2Exvr',
  i8beyond:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOpo6CrUKFACuf/9B4P5/AFPPIzY=',
  f2: 'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2akrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqmOpo6CrUKFAAuBguGA/+rGRkYagB0OB5J',
  boolean:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBek2SorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOpo6CrUKFAAuRgZGAL1yG5U=',
  fortranBig:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBul2mkrqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CsaaOgq1CuQDLgYGBmYGRgYWBiYGVgCUghtT',
  fortran3:
    'eNqdzDkOwkAQRNEx+74vaWcN0kTgyOIKIAIIiJCFBxFhNMYkiFNwYb6vQEkvqArquztu96fAvMxbE5ddvEaimzxUK3pN/dPH93PqE1fsB5875uwWPxx1sbKythIurXzkz7QM6aCCARqYIEAXVQzRxBQl9FDDCMXBDGX0UccYbczxA9MGHIQ=',
  v2: 'eNqb7BfqGxDJxFDCwMBQrZ6SWpxcpG6loG6XZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQpkAy77AwwMDgoMDAAC8hx5',
  v3: 'eNqb7BfqGxDJzFDCwMBQrZ6SWpxcpG6lEK2hXpWaWRJ/aKu6joK6TaaJuqaOgoZ6EpiXZqGuGQtkpOUXlRQl5sXnF6WkgjS5JeYUpwLFizMSC1KBfA0jHaCuWgV8gIudAQZ+2HPA2SwOANsNIPw=',
  aligned:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupRCtoZ6orqOgXpNpqK6po6ChDuaEmUM4SSCeTZqFumYskJGWX1RSlJgXn1+UkgrS65aYU5wKFC/OSCxIBfI1jHSAumoVcAAuxhcC+gxwwOLAzIAMhBwAPtYgLQ==',
  objects:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBe46+uo6Cell9UUpSYF59flJIKEnZLzClOBYoXZyQWpAL5GoY6mjoKtQqUAK4G5uS80tyCSr3k/KJUvdzSnJLMxKKixEqu+KLU5Py84pKi0uQSrkIGiCquvBSIbCGjN0NrIZMzY1Ihc3shS1Ahq4Y3ozdjayEbVGFKSWVBKlchewQTAwODv0UhR2dHeyFnUCGXhjdzBCNQrKaQ28/Pz+s/EIAJb/uSQp6kzthC3tpCvsSSQv4kPQBvb1FR',
  complex:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2xopq6joJ6WX1RSlJgXn1+UkgqScEvMKU4FihdnJBakAvkahjqaOgq1CuQDLgYU8MEeAAntHJc=',
  date: 'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBu42sR7RKrrqOgnpZfVFKUmBefX5SSCpJyS8wpTgWKF2ckFqQC+RqGOpo6CrUK5AKuMHcGMAAAVTscfA==',
  unicode:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuE2qsrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOpo6CrUKFACuRAYESALiZCDeyoAKAEuhHSM=',
  bytes:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBeE2ykrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFACuCobKKgDWARzv',
  scalar:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqaOgq1ChQBLgYw4HIAACeqG4k=',
  empty:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RoGOgommjoKtQpkAy4AV88bbw==',
  column:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgqGmjoKtQpkAy5mBghggdIAEFEbeA==',
  nested:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupRCtoV6grgOiKoCUuk2mibqmjoKGeiWcF6sZC2Sm5ReVFCXmxecXpaSC9Lkl5hSnAsWLMxILUoF8DUMdoL5aBTyAi5GBgYEJiAFbWx5j',
} as const;

/** Name of a golden array. */
export type Golden = keyof typeof PACKED;

/** Bytes of a golden npy file. */
export function golden(name: Golden): Uint8Array {
  return unzlibSync(Uint8Array.from(atob(PACKED[name]), (c) => c.charCodeAt(0)));
}
