package import Analysis

/// Writes each direction of a stream to a file of its own, in the folder `record` of the log folder.
/// Of UDP, the datagrams one behind the other.
package struct RecordAnalyzer: Analyzer {
  package static let name = "record"
  package static let summary = "writes each direction to a file, named after the flow"
  package static let settings = [
    Setting("max", .size, "how much of each direction is written; all of it unless told otherwise")
  ]

  private let files: FileCache
  private let limit: UInt64
  private let budgets = PerShard { GapBudget() }

  package init(_ options: Options) throws {
    files = FileCache(folder: options.logFolder)
    limit = options.size("max").map { UInt64($0) } ?? .max
  }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    SocketRecorder(files: files, limit: limit, budget: budgets[socket])
  }
}
