ALTER TABLE assets RENAME COLUMN dhash TO phash;
