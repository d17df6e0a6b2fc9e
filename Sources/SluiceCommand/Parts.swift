import Analysis
import Analyzers
import Buffers
import Capture
import Pipeline
import Wire

/// Where the command line reaches the makers of the parts below it. Nothing else names them.
enum Parts {
  static var analyzers: [any Analyzer.Type] { BuiltIn.analyzers }

  /// The files that `-r` stands for. Outputs that lie in a folder are none of them.
  static func captureFiles(
    _ paths: [String], except outputs: [String], rotated: String?
  ) throws(CaptureError) -> CaptureFiles {
    try CaptureFiles(paths, except: outputs, rotated: rotated)
  }

  /// - Parameter filter: a BPF expression; `nil` for all packets.
  static func openSource(
    _ files: [CaptureFile], name: String, filter: String?, mapped: Int
  ) throws(CaptureError) -> any PacketSource {
    let source = try openCaptures(files, name: name, mapped: mapped)
    return filter.map { FilteredSource(source, expression: $0) } ?? source
  }

  static func openInterface(
    _ name: String, filter: String?
  ) throws(CaptureError) -> LiveSource {
    try LiveSource(interface: name, filter: filter)
  }

  static func interfaces() throws(CaptureError) -> [NetworkInterface] {
    try NetworkInterface.all()
  }

  static func checkFilter(_ expression: String) throws(FilterError) {
    try BPFProgram.check(expression)
  }

  static func createSink(
    _ path: String, rotation: Rotation? = nil
  ) throws(CaptureError) -> any PacketSink {
    try createCapture(path: path, rotation: rotation)
  }

  static func formatter(_ format: LogFormat) -> any RecordFormatter {
    switch format {
    case .eve: EVEFormatter()
    case .text: TextFormatter()
    case .zeek: ZeekFormatter(.columns)
    case .zeekJSON: ZeekFormatter(.json)
    }
  }

  static func communityID(of socket: SocketInfo) -> String {
    CommunityID.text(for: socket)
  }
}
