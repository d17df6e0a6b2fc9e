import Analysis
import ArgumentParser
import Reassembly

/// A number of bytes: `4096`, `64K`, `64MiB`, `2G`.
struct ByteCount: ExpressibleByArgument, Hashable {
  var bytes: Int

  init?(argument: String) {
    guard let bytes = Options.size(of: argument) else { return nil }
    self.init(bytes: bytes)
  }

  init(bytes: Int) { self.bytes = bytes }

  /// As it is typed: the shortest way.
  var defaultValueDescription: String {
    for (shift, unit) in [(30, "G"), (20, "M"), (10, "K")]
    where bytes > 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return String(bytes)
  }
}

/// The shape of the event log.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case eve, text, zeek
  case zeekJSON = "zeek-json"

  /// Whether it is Zeek's conn.log, which holds the records of `flow` alone; oddities go to weird.log.
  var isZeek: Bool { self == .zeek || self == .zeekJSON }

  /// What the log is called in a folder.
  var fileName: String {
    switch self {
    case .eve: "eve.json"
    case .text: "events.txt"
    case .zeek, .zeekJSON: "conn.log"
    }
  }
}

enum YesNo: String, ExpressibleByArgument, CaseIterable {
  case yes, no
}

/// `-k`
enum UrgentChoice: String, ExpressibleByArgument, CaseIterable {
  case inline, oob

  var mode: UrgentMode { self == .inline ? .inline : .outOfBand }
}

enum ChecksumChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, all, none

  var mode: ChecksumMode {
    switch self {
    case .auto: .auto
    case .all: .all
    case .none: .none
    }
  }
}
