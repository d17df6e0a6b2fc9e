import Glibc

/// The inputs that are kept: seeds, made by `fuzz seeds`, and what once was a finding.
enum Corpus {
  /// `Tests/Fuzz/Corpus`, by where this file was compiled.
  static let folder: String = {
    let path = #filePath.split(separator: "/").dropLast(2)
    return "/" + path.joined(separator: "/") + "/Corpus"
  }()

  static func files(of target: FuzzTarget) -> [String] { files("\(folder)/\(target.name)") }

  /// The files of a folder in the order of their names, or the one file itself.
  static func files(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return access(path, R_OK) == 0 ? [path] : [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append("\(path)/\(name)") }
    }
    return names.sorted()
  }

  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw Finding(description: "cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&block, 1, block.count, file), count > 0 {
      bytes += block[..<count]
    }
    return bytes
  }

  static func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else { return perror(path) }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  /// Writes the seeds of all targets, each into a folder named after its target.
  static func writeSeeds(to folder: String) {
    mkdir(folder, 0o777)
    for target in FuzzTarget.all {
      mkdir("\(folder)/\(target.name)", 0o777)
      for seed in target.seeds() {
        write(seed.bytes, to: "\(folder)/\(target.name)/\(seed.name)")
      }
    }
  }
}
