// Stand-ins for what Capture, Analyzers and Generation offer, until they are joined.
import Analysis
import Buffers
import Capture

func openCapture(path: String) throws(CaptureError) -> any PacketSource {
  throw CaptureError(file: path, reason: "captures cannot be read by this build")
}

func createCapture(path: String) throws(CaptureError) -> any PacketSink {
  throw CaptureError(file: path, reason: "captures cannot be written by this build")
}

enum BuiltIn {
  static let analyzers: [any Analyzer.Type] = [Flow.self]

  struct Flow: Analyzer {
    static let name = "flow"
    static let summary = "one record a conversation"
    init(_ options: Options) throws {}
    func attach(to socket: borrowing SocketInfo) -> (any SocketAnalyzer)? { nil }
  }
}

struct EVEFormatter: RecordFormatter {
  func append(_ record: Record, about subject: RecordSubject?, to output: inout [UInt8]) {}
}

struct TextFormatter: RecordFormatter {
  func append(_ record: Record, about subject: RecordSubject?, to output: inout [UInt8]) {}
}

enum CommunityID {
  static func text(for socket: SocketInfo) -> String { "" }
}
