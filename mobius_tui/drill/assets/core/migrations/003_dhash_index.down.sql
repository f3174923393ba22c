DROP INDEX assets_by_dhash;
