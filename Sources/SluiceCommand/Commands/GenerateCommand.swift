import Analysis
import ArgumentParser
import Buffers
import Capture
import Generation

/// `sluice generate`
struct GenerateCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes a synthetic capture, the same one for the same arguments.",
    usage: """
      sluice generate bulk|http|adverse|many|mail -w FILE [--bytes SIZE] [--connections N] [--seed N] \
      [--ipv6] [--vlan ID]
      sluice generate flood --kind KIND -w FILE [--packets N] [--connections N] [--seed N] [--ipv6] \
      [--vlan ID]
      sluice generate vector -w FILE [--isn N] [--segments LIST] [--fragments LIST] [--ipv6] [--vlan ID]
      """,
    discussion: """
      bulk     few connections with much data
      http     many short conversations, each a request and a response
      adverse  reordered, duplicated, lost and overlapping segments, and fragments
      many     many connections at the same time, with few small segments each
      mail     messages handed over by SMTP; the word 'Friday' is in the subject, and wherever one
               segment of the message ends and the next begins
      flood    an attack, and real connections that are in progress before, during and after it;
               --kind is syn, far-ahead, endless-hole, fragments or overlap
      vector   what a list says, to try one thing: '0:abcd,2:cdEF' are segments with these bytes at
               these offsets of a stream, in the order in which they arrive; as fragments of a
               datagram a letter stands for eight bytes, and 0 is the header of UDP

      One JSON object on standard output says what was written.
      """)

  @Argument(help: "bulk, http, adverse, many, mail, flood or vector.")
  var workload: GeneratedCapture

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The capture: pcap, or pcapng by its ending.", valueName: "file"))
  var write: String

  @Option(help: ArgumentHelp("About how large it becomes (64M, 2G).", valueName: "size"))
  var bytes: ByteCount?

  @Option(help: ArgumentHelp("How many connections.", valueName: "n"))
  var connections: Int?

  @Option(
    help: ArgumentHelp(
      "flood: syn, far-ahead, endless-hole, fragments or overlap.", valueName: "kind"))
  var kind: FloodKind?

  @Option(help: ArgumentHelp("flood: about how many packets.", valueName: "n"))
  var packets: Int?

  @Option(help: ArgumentHelp("Another seed is another capture.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("vector: the sequence number of the SYN.", valueName: "n"))
  var isn: UInt32?

  @Option(help: ArgumentHelp("vector: offsets and bytes of segments.", valueName: "list"))
  var segments: PieceList?

  @Option(help: ArgumentHelp("vector: the same of fragments.", valueName: "list"))
  var fragments: PieceList?

  @Flag(help: "IPv6 in place of IPv4.")
  var ipv6 = false

  @Option(help: ArgumentHelp("A VLAN tag for all frames, 0 to 4095.", valueName: "id"))
  var vlan: UInt16?

  func validate() throws {
    if let connections, connections < 1 { throw ValidationError("--connections is less than 1") }
    if let vlan, vlan > 4095 { throw ValidationError("--vlan is more than 4095") }
    if workload == .flood {
      if kind == nil { throw ValidationError("flood: give --kind") }
      if bytes != nil { throw ValidationError("flood: --packets says how large it becomes") }
    } else if kind != nil || packets != nil {
      throw ValidationError("--kind and --packets are for flood")
    }
    if workload == .vector {
      if segments == nil && fragments == nil {
        throw ValidationError("vector: give --segments or --fragments, or both")
      }
      if bytes != nil || connections != nil {
        throw ValidationError("vector: --bytes and --connections are for the others")
      }
      let units = fragments?.pieces.map { $0.offset + $0.bytes.count }.max() ?? 0
      if units > VectorCapture.unitLimit {
        throw ValidationError(
          "--fragments: a datagram has at most \(VectorCapture.unitLimit) units")
      }
    } else if isn != nil || segments != nil || fragments != nil {
      throw ValidationError("--isn, --segments and --fragments are for vector")
    }
  }

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    if write == "-" && StandardStream.output.isTerminal {
      throw CommandFailure.usage("a capture is not for a terminal: -w FILE")
    }
    do {
      let sink = try Parts.createSink(write)
      if let workload = workload.workload {
        let result = try generate(workload, options: options, into: sink)
        try sink.finish()
        report(result)
      } else if let kind {
        let result = try generate(kind.flood, options: floodOptions, into: sink)
        try sink.finish()
        report(result)
      } else {
        let packets = try vector.write(to: sink)
        try sink.finish()
        report(["\"workload\":\"vector\"", "\"packets\":\(packets)"])
      }
      return .done
    } catch let failure as CommandFailure {
      throw failure
    } catch let error as GenerationError {
      throw CommandFailure.usage(error.description, help: "generate ")
    } catch let error as CaptureError {
      throw CommandFailure(.failed, error.description)
    } catch {
      throw CommandFailure(.failed, "\(write): \(error)")
    }
  }

  private var options: GenerationOptions {
    GenerationOptions(
      bytes: bytes?.bytes, connections: connections, seed: seed, ipv6: ipv6, vlan: vlan)
  }

  private var floodOptions: FloodOptions {
    var options = FloodOptions(connections: connections, seed: seed, ipv6: ipv6, vlan: vlan)
    options.packets = packets ?? options.packets
    return options
  }

  private var vector: VectorCapture {
    var vector = VectorCapture()
    vector.initialSequence = isn ?? vector.initialSequence
    vector.segments = segments?.pieces ?? []
    vector.fragments = fragments?.pieces ?? []
    vector.ipv6 = ipv6
    vector.vlan = vlan
    return vector
  }

  private func report(_ result: GenerationResult) {
    var fields = [
      "\"workload\":\"\(result.workload.rawValue)\"", "\"seed\":\(result.seed)",
      "\"packets\":\(result.packets)",
    ]
    fields += sizeField
    fields.append("\"connections\":\(result.connections)")
    fields.append("\"stream_bytes\":\(result.streamBytes)")
    report(fields)
  }

  private func report(_ result: FloodResult) {
    var fields = [
      "\"workload\":\"flood\"", "\"kind\":\"\(result.flood.rawValue)\"",
      "\"seed\":\(result.seed)", "\"packets\":\(result.packets)",
    ]
    fields += sizeField
    fields.append("\"bystander_network\":\"\(result.bystanderNetwork)\"")
    fields.append("\"bystanders\":\(result.bystanders)")
    fields.append("\"bystander_bytes\":\(result.bystanderBytes)")
    report(fields)
  }

  private var sizeField: [String] {
    FileIdentity.named(write, standard: .output)?.size.map { ["\"file_bytes\":\($0)"] } ?? []
  }

  private func report(_ fields: [String]) {
    // With `-w -` standard output is the capture.
    let stream = write == "-" ? StandardStream.error : .output
    stream.write("{" + fields.joined(separator: ",") + "}\n")
  }
}

/// What is written: a workload, or what a list says.
enum GeneratedCapture: String, ExpressibleByArgument, CaseIterable {
  case bulk, http, adverse, many, mail, flood, vector

  var workload: Workload? { Workload(rawValue: rawValue) }
}

/// `--kind`
enum FloodKind: String, ExpressibleByArgument, CaseIterable {
  case syn
  case farAhead = "far-ahead"
  case endlessHole = "endless-hole"
  case fragments, overlap

  var flood: Flood {
    switch self {
    case .syn: .syn
    case .farAhead: .farAhead
    case .endlessHole: .endlessHole
    case .fragments: .fragments
    case .overlap: .overlap
    }
  }
}

/// `0:abcd,2:cdEF`: offsets and bytes; `\\,` `\\\\` `\\n` and `\\xHH` stand for one byte.
struct PieceList: ExpressibleByArgument, Hashable {
  var pieces: [VectorCapture.Piece] = []

  init?(argument: String) {
    for item in Self.items(of: argument) {
      guard let colon = item.firstIndex(of: ":"), let offset = Int(item[..<colon]),
        (0...VectorCapture.offsetLimit).contains(offset),
        let bytes = try? Escapes.resolveLiteral(Array(item[item.index(after: colon)...].utf8)),
        (1...VectorCapture.pieceLimit).contains(bytes.count)
      else { return nil }
      pieces.append(VectorCapture.Piece(offset: offset, bytes: bytes))
    }
    if pieces.isEmpty { return nil }
  }

  /// Between commas that have no backslash in front.
  private static func items(of text: String) -> [String] {
    var items = [""]
    var isEscaped = false
    for character in text {
      if character == ",", !isEscaped {
        items.append("")
      } else {
        items[items.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    return items
  }
}
