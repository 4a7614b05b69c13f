-- The database and its two users, on MySQL 8 and MariaDB 10.6 or later. Run it once, as root, with
-- the names and passwords below replaced:
--
--   mysql -u root -p < users.sql
--
-- then `fundocr db upgrade` with the migration user's URL, then rights.sql, which needs the tables.
-- '%' is any host: name the network of your workers, such as '10.1.2.%'.

CREATE DATABASE IF NOT EXISTS fundocr CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Changes tables, and is used for nothing else: `fundocr db upgrade` before a new version.
CREATE USER IF NOT EXISTS 'fundocr_migrate'@'%' IDENTIFIED BY 'change-this-migration-password';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES
  ON fundocr.* TO 'fundocr_migrate'@'%';

-- Reads and writes rows: TorchServe's workers, the front door and `fundocr` on the command line.
CREATE USER IF NOT EXISTS 'fundocr'@'%' IDENTIFIED BY 'change-this-service-password';
